"""A clock that stands until a test moves it, in seconds."""


class Clock:
    def __init__(self) -> None:
        self.at = 1_800_000_000

    def __call__(self) -> int:
        return self.at
