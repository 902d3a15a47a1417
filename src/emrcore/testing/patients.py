"""Life-long synthetic patients that nobody here wrote: FHIR R4 bundles, see their README."""

import importlib.resources

SOURCE = "synthea"
"""The name of the source system of their documents."""


def bundles() -> dict[str, str]:
    """The texts of the shipped FHIR R4 bundles by name, ``"patient-01"`` and so on, in order."""
    folder = importlib.resources.files("emrcore.testing") / "data" / "synthea"
    files = sorted(
        (item for item in folder.iterdir() if item.name.startswith("patient-")),
        key=lambda item: item.name,
    )
    return {item.name.removesuffix(".json"): item.read_text("utf-8") for item in files}
