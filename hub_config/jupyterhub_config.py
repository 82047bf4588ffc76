"""JupyterHub on one machine, for its one owner: a demo and a place to develop. See docs/how-to/deploy.md."""

from skyhub.config import load_settings
from skyhub.hub.configuration import configure_laptop

c = get_config()  # noqa: F821

configure_laptop(c, load_settings())
