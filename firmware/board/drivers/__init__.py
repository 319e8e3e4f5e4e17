"""One module for each kind of sensor, loaded only where a board has it.

Each has a class `Driver(hal, row)`: `unit`, `label`, `low` and `high` say what it gives, `decimals` how finely it is
worth writing, `read()` the value now, None while there is none yet. It raises when the sensor does not answer.
One that measures slowly has `begin()` too, which is called some 800 ms before a reading, and more often where samples
are taken faster than that. Neither may wait.
Calibration (`invert`, `factor`, `offset`) is not its business: `board.sensors` does that for all.
"""
