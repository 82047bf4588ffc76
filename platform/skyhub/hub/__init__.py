"""The hub: the demo's accounts, and starting it all with one command; its configuration is in `skyhub.hub.configuration`."""

from skyhub.hub._accounts import ACCOUNTS, ADMINISTRATORS, FILTERS, GROUPS
from skyhub.hub._demo import DEMO_NIGHT, load_demo
from skyhub.hub._homes import prepare_home
from skyhub.hub._layout import Passwords, passwords
from skyhub.hub._shared import posix_group, share_group_folders
from skyhub.hub._up import up

__all__ = [
    "ACCOUNTS",
    "ADMINISTRATORS",
    "DEMO_NIGHT",
    "FILTERS",
    "GROUPS",
    "Passwords",
    "load_demo",
    "passwords",
    "posix_group",
    "prepare_home",
    "share_group_folders",
    "up",
]
