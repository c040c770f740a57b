"""Scripts that measure whole searches, and waves of candidates over devices."""
