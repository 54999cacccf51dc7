-- Run once, when the database is made: the registry keeps its schemas here, apart from ours.
create schema if not exists registry;
