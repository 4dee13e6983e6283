"""What can go wrong between raw rows and a page. Each message says what to do next."""


class WarehouseError(Exception):
    """Something an operator can act on."""


class NoSnapshot(WarehouseError):
    """Nothing is published yet."""


class SnapshotDamaged(WarehouseError):
    """A published file is missing or is not what the manifest says."""


class LedgerBehind(WarehouseError):
    """The archive knows more receipts than the ledger: it has to be restored first."""


class BuildFailed(WarehouseError):
    """A build could not be finished; the published snapshot is untouched."""


class CheckFailed(BuildFailed):
    """A stop check found rows: the numbers would be wrong, so nothing is published."""


class NotAllowed(WarehouseError):
    """A principal asked for what it may not see."""


class Busy(WarehouseError):
    """Another process builds or publishes."""


class LostTurn(WarehouseError):
    """A later build has begun; this one may publish nothing."""
