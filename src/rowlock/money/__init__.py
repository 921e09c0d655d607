"""The books: what the ledger of money says, proven, sealed, compared with providers, and put on paper."""
