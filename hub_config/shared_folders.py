"""Folders that groups share, for a hub whose spawner isolates users: see docs/how-to/groups.md.

In ``jupyterhub_config.py``, after the spawner was chosen: ``load_subconfig("shared_folders.py")``.
"""

from skyhub.hub import share_group_folders

c = get_config()  # noqa: F821

c.Spawner.pre_spawn_hook = share_group_folders()
