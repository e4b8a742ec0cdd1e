//! Checks of what servers answer. As a rule one departure gives one complaint of one check, so each check leaves to the
//! others what is theirs:
//!
//! | answer | due | judged by |
//! |---|---|---|
//! | none | | `transport-failure` |
//! | 5xx | | `server-error` |
//! | 1xx, 3xx, another success | | `status-undeclared` |
//! | 4xx that cannot be read | | `error-shape` |
//! | an undeclared error | | `error-code-undeclared` |
//! | a declared error | a success | `valid-rejected` |
//! | a declared error | another error | `wrong-error-code` |
//! | the due error, or an environmental one | | `wrong-error-status` |
//! | a success | an error | `invalid-accepted`, `auth-not-required`, `method-not-refused` |
//! | a success | a success | `undecodable-response`, `output-not-found`, or all of the next line |
//! | its output | | `output-schema`, `output-rule`, `unknown-output-member`, `echo-mismatch`, `idempotency-broken` |
//! | any that can be read | | `content-type`, `request-id-missing`, `wrong-envelope` |
//! | an error, whatever its form | | `internals-exposed` |
//! | any | | `secret-echoed`, `slow-response` |

pub mod auth_not_required;
mod change;
pub mod content_type;
mod due;
pub mod echo_mismatch;
pub mod error_code_undeclared;
pub mod error_shape;
pub mod idempotency_broken;
pub mod internals_exposed;
pub mod invalid_accepted;
pub mod method_not_refused;
pub mod output_not_found;
pub mod output_rule;
pub mod output_schema;
pub mod request_id_missing;
pub mod secret_echoed;
pub mod server_error;
pub mod slow_response;
pub mod status_undeclared;
pub mod transport_failure;
pub mod undecodable_response;
pub mod unknown_output_member;
pub mod valid_rejected;
pub mod wrong_envelope;
pub mod wrong_error_code;
pub mod wrong_error_status;
