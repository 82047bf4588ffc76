"""Who works here: groups, streams, accounts, tokens, visits, shared folders; why somebody may see a row."""

from skyhub.team._accounts import AccountDirectory, add_user, viewer_of_account
from skyhub.team._explain import explain
from skyhub.team._folders import folder_name, follow_membership, link_shared_folders, shared_folder
from skyhub.team._groups import (
    add_group_admin,
    change_group,
    create_group,
    group_history,
    group_record,
    list_groups,
    meet_groups,
    remove_group_admin,
    require_leader,
    set_group_streams,
)
from skyhub.team._members import add_member, remove_member
from skyhub.team._news import news
from skyhub.team._records import add_groups, add_streams, groups_of, personal_group, record_visit
from skyhub.team._tokens import TokenRequest, UserTokens

__all__ = [
    "AccountDirectory",
    "TokenRequest",
    "UserTokens",
    "add_group_admin",
    "add_groups",
    "add_member",
    "add_streams",
    "add_user",
    "change_group",
    "create_group",
    "explain",
    "folder_name",
    "follow_membership",
    "group_history",
    "group_record",
    "groups_of",
    "link_shared_folders",
    "list_groups",
    "meet_groups",
    "news",
    "personal_group",
    "record_visit",
    "remove_group_admin",
    "remove_member",
    "require_leader",
    "set_group_streams",
    "shared_folder",
    "viewer_of_account",
]
