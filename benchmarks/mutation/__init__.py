"""How many small faults the tests notice: ``python -m benchmarks.mutation``.

One operator, constant, argument or end of a list at a time is changed in a copy of the source, and the tests that hold that module are run against it
(DeMillo, Lipton & Sayward 1978, IEEE Computer 11:34). A fault that no test notices survives; survivors are named.

    changes.py          which small faults there are in a module
    rooms.py            which modules, and which tests hold each
    run.py              the copies, the tests, the clock
    equivalent.yaml     changes that change nothing, each with the reason
"""
