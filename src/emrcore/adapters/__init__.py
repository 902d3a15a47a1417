"""One vendor, or one kind of surroundings, per module; nothing here is loaded by ``emrcore``."""
