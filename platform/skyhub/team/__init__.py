"""Who works here: groups, streams, accounts, visits."""

from skyhub.team._news import news
from skyhub.team._records import (
    add_groups,
    add_streams,
    add_user,
    groups_of,
    personal_group,
    record_visit,
    viewer_of_account,
)

__all__ = [
    "add_groups",
    "add_streams",
    "add_user",
    "groups_of",
    "news",
    "personal_group",
    "record_visit",
    "viewer_of_account",
]
