"""Temperature, humidity and pressure from a BME280 over I2C: a row for each, told apart by `quantity`.

The compensation is the maker's, in whole numbers (Bosch BST-BME280-DS002, 4.2.3 and 8.2): a board's floats of 32 bits
would lose the pressure's last digits.
"""

import struct

#: What stands where a temperature will, after the power came and before it is told to measure.
_NOT_MEASURED = 0x80000
_RANGES = {
    "temperature": ("°C", "Temperature", -40, 85),
    "humidity": ("%", "Humidity", 0, 100),
    "pressure": ("hPa", "Pressure", 300, 1100),
}


class Driver:
    decimals = 2

    def __init__(self, hal, row):
        self._i2c = hal.i2c()
        self._address = row.get("address", 0x76)
        self._quantity = row.get("quantity", "temperature")
        self.unit, self.label, self.low, self.high = _RANGES[self._quantity]
        self._calibration = None

    def _prepare(self):
        read = self._i2c.readfrom_mem
        low, high = read(self._address, 0x88, 26), read(self._address, 0xE1, 7)
        calibration = list(struct.unpack("<HhhHhhhhhhhhBB", low))
        del calibration[12]  # a register that means nothing
        h2, h3, e4, e5, e6, h6 = struct.unpack("<hBbBbb", high)
        calibration += [h2, h3, (e4 << 4) | (e5 & 0x0F), (e6 << 4) | (e5 >> 4), h6]
        for register, value in ((0xF2, 1), (0xF5, 0), (0xF4, 0x27)):  # once each, no filter, measure all the time
            self._i2c.writeto_mem(self._address, register, bytes([value]))
        self._calibration = calibration

    def read(self):
        if self._calibration is None:
            self._prepare()
            return None  # the first measurement is under way
        # Lost unless all goes well: one that was pulled off has forgotten that it is to measure, or is another one.
        calibration, self._calibration = self._calibration, None
        raw = self._i2c.readfrom_mem(self._address, 0xF7, 8)
        pressure = raw[0] << 12 | raw[1] << 4 | raw[2] >> 4
        temperature = raw[3] << 12 | raw[4] << 4 | raw[5] >> 4
        humidity = raw[6] << 8 | raw[7]
        if temperature == _NOT_MEASURED:
            return None
        value = compensate(calibration, temperature, pressure, humidity)[self._quantity]
        self._calibration = calibration
        return value


def compensate(calibration, raw_temperature, raw_pressure, raw_humidity):
    """°C, hPa and % from the sensor's raw numbers and its 18 calibration values in the order of the datasheet."""
    t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9, h1, h2, h3, h4, h5, h6 = calibration
    a = (((raw_temperature >> 3) - (t1 << 1)) * t2) >> 11
    b = (raw_temperature >> 4) - t1
    fine = a + ((((b * b) >> 12) * t3) >> 14)
    return {
        "temperature": ((fine * 5 + 128) >> 8) / 100,
        "pressure": _pressure(fine, raw_pressure, (p1, p2, p3, p4, p5, p6, p7, p8, p9)) / 25600,
        "humidity": _humidity(fine, raw_humidity, (h1, h2, h3, h4, h5, h6)) / 1024,
    }


def _pressure(fine, raw, calibration):
    """In 1/256 Pa."""
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = calibration
    a = fine - 128000
    b = a * a * p6 + ((a * p5) << 17) + (p4 << 35)
    a = (((1 << 47) + ((a * a * p3) >> 8) + ((a * p2) << 12)) * p1) >> 33
    if a == 0:
        raise OSError("the BME280 gave no calibration")
    p = (((1048576 - raw) << 31) - b) * 3125 // a
    c = (p9 * (p >> 13) * (p >> 13)) >> 25
    return ((p + c + ((p8 * p) >> 19)) >> 8) + (p7 << 4)


def _humidity(fine, raw, calibration):
    """In 1/1024 %."""
    h1, h2, h3, h4, h5, h6 = calibration
    v = fine - 76800
    x = ((raw << 14) - (h4 << 20) - h5 * v + 16384) >> 15
    y = (((((v * h6) >> 10) * (((v * h3) >> 11) + 32768)) >> 10) + 2097152) * h2 + 8192
    v = x * (y >> 14)
    v -= ((((v >> 15) * (v >> 15)) >> 7) * h1) >> 4
    return min(max(v, 0), 419430400) >> 12
