"""``python -m claimdesk.adapters.tlog.verifier``, or ``python FOLDER`` with a copy of this folder anywhere."""

import sys
from importlib import import_module
from pathlib import Path

if __package__:
    from .command import main
else:
    here = Path(__file__).resolve().parent
    sys.path.insert(0, str(here.parent))
    main = import_module(f"{here.name}.command").main

sys.exit(main())
