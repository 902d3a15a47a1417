"""What a host needs to test its own adapters and policies: contract suites and real data."""
