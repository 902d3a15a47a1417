"""The same policy in the engines a Python developer might use instead of emrcore."""
