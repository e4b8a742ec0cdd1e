//! The list of checks, and what the checks of both services share.

use std::{any::Any, fmt::Debug, pin::Pin};

use aws_sdk_rds::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, http::HttpResponse, interceptors::BeforeTransmitInterceptorContextMut,
    },
    error::{BoxError, ProvideErrorMetadata, SdkError},
};

type Check = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Checks in order; one that panics has failed.
#[derive(Default)]
pub struct Checks(Vec<(String, Check)>);

impl Checks {
    pub fn add(&mut self, name: impl Into<String>, check: impl Future<Output = ()> + Send + 'static) {
        self.0.push((name.into(), Box::pin(check)));
    }

    /// Runs all of them, prints a line for each, and tells whether all are well.
    pub async fn run(self) -> bool {
        std::panic::set_hook(Box::new(|_| ()));
        let mut all_well = true;
        for (name, check) in self.0 {
            match tokio::spawn(check).await {
                Ok(()) => println!("ok - rust: {name}"),
                Err(failure) => {
                    all_well = false;
                    println!("not ok - rust: {name}");
                    println!("    {}", message(&*failure.into_panic()).replace('\n', "\n    "));
                }
            }
        }
        all_well
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panicked")
}

/// The settings of both clients: loopback without TLS, made-up credentials, no retries.
macro_rules! config {
    ($sdk:ident, $prefer:expr) => {
        $sdk::Config::builder()
            .behavior_version($sdk::config::BehaviorVersion::latest())
            .endpoint_url(std::env::var("ACCORDANT_URL").expect("ACCORDANT_URL is set"))
            .region($sdk::config::Region::new("us-east-1"))
            .credentials_provider($sdk::config::Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test"))
            .retry_config($sdk::config::retry::RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .interceptor(crate::checks::Prefer($prefer))
            .build()
    };
}
pub(crate) use config;

/// Asks the mock for the error of this code; for none where it is empty.
#[derive(Debug)]
pub struct Prefer(pub &'static str);

impl Intercept for Prefer {
    fn name(&self) -> &'static str {
        "Prefer"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !self.0.is_empty() {
            context.request_mut().headers_mut().insert("prefer", format!("code={}", self.0));
        }
        Ok(())
    }
}

/// The error of a call that must be answered with this status and code.
pub fn refused<T, E: ProvideErrorMetadata + Debug>(
    result: Result<T, SdkError<E, HttpResponse>>,
    status: u16,
    code: &str,
) -> E {
    let Err(error) = result else { panic!("accepted") };
    let answered = error.raw_response().unwrap_or_else(|| panic!("no answer: {error:?}")).status().as_u16();
    let SdkError::ServiceError(error) = error else { panic!("not parsed: {error:?}") };
    let error = error.into_err();
    assert_eq!((answered, error.code()), (status, Some(code)), "{error:?}");
    assert!(error.message().is_some_and(|text| !text.is_empty()), "{error:?}");
    error
}

/// A violation: its kind, how the minimal call is changed, the code, and the SDK's own type where it has one.
pub type Violation<Call, E> = (&'static str, fn(Call) -> Call, &'static str, Option<fn(&E) -> bool>);

/// An error that an operation declares: its code, its status and the SDK's own type.
pub type Declared<E> = (&'static str, u16, fn(&E) -> bool);

/// A check for each violation, and for each declared error, which the mock is asked for.
macro_rules! add_cases {
    ($checks:ident, $operation:literal, $minimal:ident, $violations:ident, $errors:ident) => {
        for &(kind, change, code, is) in $violations {
            $checks.add(format!("violation {} {kind}", $operation), async move {
                let error = crate::checks::refused(change($minimal("")).send().await, 400, code);
                crate::checks::typed(&error, is);
            });
        }
        for &(code, status, is) in $errors {
            $checks.add(format!("error {} {code}", $operation), async move {
                let error = crate::checks::refused($minimal(code).send().await, status, code);
                crate::checks::typed(&error, Some(is));
            });
        }
    };
}
pub(crate) use add_cases;

/// Asserts that the SDK has a type of its own for the error, or none where `is` is `None`.
pub fn typed<E: Debug>(error: &E, is: Option<fn(&E) -> bool>) {
    let fits = is.map_or_else(|| format!("{error:?}").starts_with("Unhandled("), |is| is(error));
    assert!(fits, "{error:?}");
}

/// Asserts that an answer is the expected one; shows the lines that differ.
pub fn same<T: PartialEq + Debug>(answer: &T, expected: &T) {
    let (parsed, wanted) = (format!("{answer:#?}"), format!("{expected:#?}"));
    let differ: Vec<_> = parsed.lines().zip(wanted.lines()).filter(|(parsed, wanted)| parsed != wanted).collect();
    assert!(answer == expected, "(parsed, expected): {differ:#?}");
}

/// Asserts a form: `#` stands for letters and digits, as many as there are.
pub fn has_form(text: Option<&str>, form: &str) {
    let text = text.unwrap_or_default();
    let masked: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { '#' } else { c }).collect();
    assert_eq!(masked, form, "{text}");
}
