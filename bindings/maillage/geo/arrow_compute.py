"""Arrow's compute functions under one name.

They are made when pyarrow is imported, so no type checker knows them by name.
"""

from typing import Any

import pyarrow.compute

pc: Any = pyarrow.compute
