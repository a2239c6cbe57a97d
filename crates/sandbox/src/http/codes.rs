//! Failures of a request as the interface names them. What the code does not say, the model is told in words.

use boxagnts_egress::WebError;
use wasmtime_wasi_http::Error;

pub(super) fn code(error: &WebError) -> Error {
    match error {
        WebError::Refused(_)
        | WebError::Field(_)
        | WebError::NoSecret { .. }
        | WebError::BadSecret { .. }
        | WebError::SecretInTheOpen(_) => Error::HttpRequestDenied,
        WebError::Private { .. } | WebError::Own(_) | WebError::Blocked { .. } => Error::DestinationIpProhibited,
        WebError::Interfaces(_) => Error::DestinationUnavailable,
        WebError::Method(_) => Error::HttpRequestMethodInvalid,
        WebError::UrlOut { .. } => Error::HttpRequestUriTooLong,
        WebError::HeadOut { most } => Error::HttpRequestHeaderSectionSize(u32::try_from(*most).ok()),
        WebError::BodyOut { limit } => Error::HttpRequestBodySize(Some(*limit as u64)),
        WebError::BodyIn { limit } => Error::HttpResponseBodySize(Some(*limit as u64)),
        WebError::NoAddress { .. } => Error::DnsError { rcode: None, info_code: None },
        WebError::Connect { .. } => Error::ConnectionRefused,
        WebError::ConnectTimeout { .. } => Error::ConnectionTimeout,
        WebError::Tls { .. } => Error::TlsProtocolError,
        WebError::Silent { .. } | WebError::Stalled { .. } => Error::ConnectionReadTimeout,
        WebError::Total { .. } => Error::HttpResponseTimeout,
        WebError::Packing(_) => Error::HttpResponseContentCoding(None),
        // Whatever else there will be is a failure of the exchange.
        _ => Error::HttpProtocolError,
    }
}
