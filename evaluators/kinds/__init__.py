"""The kinds of clauses, one module each. A module has `Parameters`, what a row of the catalogue may set, and
``judge(clause, facts, window)``, a pure function that gives one verdict a subject."""
