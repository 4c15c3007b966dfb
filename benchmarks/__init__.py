"""Measurements that go into the documentation; each module runs with ``python -m benchmarks.NAME``."""
