"""What tests need to run the real parts: processes on free loopback ports, a broker, and waiting for what must come.

Every process started here is ended by its id when its context closes. Nothing here fakes anything.
"""
