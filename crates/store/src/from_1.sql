-- From format 1: what stands there stays as it is. Its events get their chain when somebody goes on with the session.
ALTER TABLE sessions ADD COLUMN damage TEXT;
ALTER TABLE sessions ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN chain BLOB;
