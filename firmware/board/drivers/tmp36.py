"""Temperature from a TMP36 on an ADC pin: 500 mV at 0 °C, 10 mV a degree, good to a tenth."""


class Driver:
    unit, label = "°C", "Temperature"
    low, high, decimals = -40, 125, 1

    def __init__(self, hal, row):
        self._adc = hal.adc(row["pin"])

    def read(self):
        return (self._adc.read_uv() - 500_000) / 10_000
