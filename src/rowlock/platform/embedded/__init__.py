"""A private PostgreSQL and Valkey below one data folder, for machines that run neither."""

from rowlock.platform.embedded.faults import EmbeddedServersError, FolderInUseError
from rowlock.platform.embedded.folder import DataFolder, Servers, default_data_folder, running
from rowlock.platform.embedded.servers import EmbeddedServers, borrow

__all__ = [
    "DataFolder",
    "EmbeddedServers",
    "EmbeddedServersError",
    "FolderInUseError",
    "Servers",
    "borrow",
    "default_data_folder",
    "running",
]
