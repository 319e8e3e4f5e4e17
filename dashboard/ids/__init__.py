"""Every component id of the page, by page: layouts set them, callbacks name them, tests compare the two.

They are named from here (`ids.CHART`), wherever they stand. A new page is a module, and a line below; a test holds that
no two modules have the same name.
"""

from __future__ import annotations

from dashboard.ids.alerts import *
from dashboard.ids.devices import *
from dashboard.ids.explore import *
from dashboard.ids.frame import *
from dashboard.ids.live import *
from dashboard.ids.schedules import *
from dashboard.ids.system import *
