"""What is on or off. `pull` is `up`, the default, where a contact to ground reads on, or `none`."""


class Driver:
    unit, label = "", "Input"
    low, high, decimals = 0, 1, 0

    def __init__(self, hal, row):
        pulled_up = row.get("pull", "up") == "up"
        self._input = hal.digital(row["pin"], pulled_up)
        self._on = 0 if pulled_up else 1

    def read(self):
        return self._input.value() == self._on
