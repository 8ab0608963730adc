"""The sandbox: a CallCov list API with invented accounts, for trying things out and for tests."""

from explorer.sandbox.accounts import Account, Filters, MemoryAccount
from explorer.sandbox.file import FileError
from explorer.sandbox.sandbox import EMPTY_KEY, PLAIN_KEY, SANDBOX_KEY, SECOND_KEY, Sandbox

__all__ = [
    "EMPTY_KEY",
    "PLAIN_KEY",
    "SANDBOX_KEY",
    "SECOND_KEY",
    "Account",
    "FileError",
    "Filters",
    "MemoryAccount",
    "Sandbox",
]
