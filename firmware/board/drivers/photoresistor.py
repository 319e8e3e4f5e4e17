"""Light from a photoresistor on an ADC pin, in raw counts of 12 bits."""


class Driver:
    unit, label = "raw", "Light"
    low, high, decimals = 0, 4095, 0

    def __init__(self, hal, row):
        self._adc = hal.adc(row["pin"])

    def read(self):
        return self._adc.read_u16() >> 4
