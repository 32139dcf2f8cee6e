"""The one table of rooms, floors, plugs and libraries that the house tests read (DESIGN.md section 2)."""

# A room imports only rooms with a smaller number.
FLOORS = {
    "model": 1,
    "registry": 2,
    "ntlm": 3,
    "syntax": 3,
    "captures": 3,
    "talk": 4,
    "protocols": 5,
    "products": 5,
    "rules": 5,
    "logs": 5,
    "reports": 5,
    "assess": 6,
    "remediate": 6,
    "targets": 6,
    "files": 7,
    "network": 8,
    "hosts": 8,
    "store": 8,
    "cluster": 8,
    "lab": 8,
    "config": 8,
    "workflows": 9,
    "cli": 10,
    "web": 10,
    "__main__": 11,
}

HIGHEST_QUIET_FLOOR = 6

# In these rooms one file is one plug, and names one constant.
PLUGS = {
    "protocols": "PROTOCOL",
    "products": "PRODUCT",
    "rules": "RULE",
    "logs": "LOG",
    "reports": "REPORT",
    "hosts": "HOST",
    "cli": "COMMAND",
}

# Libraries that only some rooms may know.
LIBRARY_ROOMS = {
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "sqlite3": {"store"},
    "cyclopts": {"cli", "__main__"},
    "jinja2": {"reports", "web"},
}

# Quiet rooms get bytes, text and times as arguments; these modules reach for the world themselves.
LOUD_MODULES = frozenset(
    """asyncio concurrent fcntl ftplib getpass glob http imaplib importlib locale logging mmap multiprocessing
    os pkgutil platform poplib psutil pwd random resource secrets select selectors shutil signal smtplib socket
    socketserver sqlite3 ssl structlog subprocess tempfile threading time urllib.request uuid""".split()
)

LOUD_CALLS = frozenset("open print input breakpoint eval exec __import__".split())

# Methods and functions reached through a dot: files, clocks, template loaders that open files.
LOUD_ATTRIBUTES = frozenset(
    """open exists stat glob read_text read_bytes write_text write_bytes iterdir rglob mkdir unlink is_file is_dir touch
    now utcnow today FileIO PackageLoader FileSystemLoader""".split()
)

# The registry lists and imports plugs: the one exception to quiet.
QUIET_EXCEPTIONS = {"registry": frozenset({"importlib", "pkgutil"})}
