"""How `dsconv_lib.trace` follows single operations."""
