"""Everything is killed and everything goes wrong at once; the simulated Meta is the referee."""
