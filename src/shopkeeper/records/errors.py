"""What can a caller, a file or a user do wrong, and how is it said?

Every message carries four things: what happened, where (file:row, field, id), what was expected,
and what to do about it.
"""

from __future__ import annotations


class ShopkeeperError(Exception):
    """Root of every error raised on purpose; the CLI prints it without a traceback.

    Args:
        what: what is wrong, in one clause.
        where: the place: ``file:row``, a field, an id. Empty when the message needs none.
        expected: what would have been right.
        hint: what to do now.
    """

    def __init__(self, what: str, *, where: str = "", expected: str = "", hint: str = "") -> None:
        self.what, self.where, self.expected, self.hint = what, where, expected, hint
        message = f"{where}: {what}" if where else what
        if expected:
            message += f"; expected {expected}"
        if hint:
            is_command = hint.startswith("shopkeeper ")
            message += f". {hint if is_command else hint[0].upper() + hint[1:]}"
        super().__init__(message)


class InvalidRecord(ShopkeeperError):
    """A product, event or judgement that cannot be what it claims to be."""


class InvalidRequest(ShopkeeperError):
    """A request that names what does not exist or asks for what cannot be given."""


class NotFound(ShopkeeperError):
    """A product, artefact or folder that is not there."""


class CorruptArtefact(ShopkeeperError):
    """Bytes that differ from the ones that were written: nothing of the artefact is served."""


class NoSpace(ShopkeeperError):
    """The disk is full: nothing of what was to be written is there, and all that was before is."""


class Busy(ShopkeeperError):
    """Someone else holds the writer's lock; trying again later can help."""


class Unavailable(ShopkeeperError):
    """What the shop stands on, such as its database, does not answer; trying again can help."""


class Refused(ShopkeeperError):
    """A safety rule said no; the message names the switch that overrides it, if there is one."""


class TrainingStopped(ShopkeeperError):
    """A run that could only go on by learning something wrong; its last checkpoint is whole."""
