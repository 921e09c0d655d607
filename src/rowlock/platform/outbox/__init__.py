"""What must travel outside: rows written with the change they tell of, relayed after commit."""
