"""Energy and water: registers into use, meters into balances, use into intensity."""
