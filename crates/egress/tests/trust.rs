//! Whom the client trusts: only those whom the system trusts.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "the test is the other end of the socket")]

use boxagnts_egress::{Client as _, Endpoint, Field, HttpClient, JsonRequest, Limits, SendError};
use boxagnts_types::Secret;
use bytes::Bytes;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

/// For `127.0.0.1` and `localhost`, valid for long, and signed by nobody but itself.
const CERTIFICATE: &[u8] = include_bytes!("certificate/nobodys.pem");
const KEY: &[u8] = include_bytes!("certificate/key.pem");

fn server_config() -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(KEY).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("ring has them");
    Arc::new(builder.with_no_client_auth().with_single_cert(vec![certificate], key).expect("they belong together"))
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_ends_the_connection_before_the_key_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = ServerConnection::new(server_config()).unwrap();
        let mut received = Vec::new();
        let refused = rustls::Stream::new(&mut connection, &mut socket).read_to_end(&mut received);
        (refused.is_err(), received)
    });
    let endpoint: Endpoint = format!("https://localhost:{port}/v1").parse().unwrap();
    let fields = vec![Field::bearer(Secret::new("sk-1"))];
    let request = JsonRequest { path: "/chat/completions", fields, body: Bytes::from_static(b"{}") };
    let client = HttpClient::new(Limits::default(), None);
    let error = client.post_json_stream(&endpoint, request).await.unwrap_err();
    assert!(matches!(error, SendError::Tls { .. }), "{error}");
    assert_eq!(server.join().unwrap(), (true, Vec::new()));
}
