//! Who comes by a service, and who doesn't.
