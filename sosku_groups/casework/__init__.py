"""The page of one client and the list of clients: views over the features below."""
