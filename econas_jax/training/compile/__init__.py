"""Programs: how they are compiled, kept between runs, and spread over devices."""
