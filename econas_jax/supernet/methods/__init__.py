"""The methods of a search inside a supernet, a file each: what they learn, their step, and the cell they end with."""
