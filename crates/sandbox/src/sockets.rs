//! The door of `wasi:sockets`, which always says no.
//!
//! Programs of std and tokio import the interface without meaning to, so it must be there. What makes a socket or
//! resolves a name answers "access denied"; what works on a socket can never be called, since there never is one. The
//! context behind the latter allows nothing either.

use wasmtime::Result;
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress, IpAddressFamily, Network};
use wasmtime_wasi::p2::bindings::sockets::tcp::TcpSocket;
use wasmtime_wasi::p2::bindings::sockets::udp::UdpSocket;
use wasmtime_wasi::p2::bindings::sockets::{
    instance_network, ip_name_lookup, network, tcp_create_socket, udp_create_socket,
};
use wasmtime_wasi::p2::{DynPollable, SocketError, SocketResult};

/// The closed door.
pub(crate) struct Closed<'a> {
    pub(crate) table: &'a mut ResourceTable,
}

/// Names [`Closed`] to the linker.
pub(crate) struct HasClosed;

impl HasData for HasClosed {
    type Data<'a> = Closed<'a>;
}

/// What stands for the network in the table. It can be held, and is good for nothing.
struct NoNetwork;

impl tcp_create_socket::Host for Closed<'_> {
    fn create_tcp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        Err(ErrorCode::AccessDenied.into())
    }
}

impl udp_create_socket::Host for Closed<'_> {
    async fn create_udp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<UdpSocket>> {
        Err(ErrorCode::AccessDenied.into())
    }
}

impl instance_network::Host for Closed<'_> {
    fn instance_network(&mut self) -> Result<Resource<Network>> {
        let rep = self.table.push(NoNetwork)?.rep();
        Ok(Resource::new_own(rep))
    }
}

impl network::Host for Closed<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(&mut self, _: Resource<wasmtime::Error>) -> Result<Option<ErrorCode>> {
        // No stream of ours ever comes from the network.
        Ok(None)
    }
}

impl network::HostNetwork for Closed<'_> {
    fn drop(&mut self, network: Resource<Network>) -> Result<()> {
        self.table.delete(Resource::<NoNetwork>::new_own(network.rep()))?;
        Ok(())
    }
}

impl ip_name_lookup::Host for Closed<'_> {
    fn resolve_addresses(
        &mut self,
        _: Resource<Network>,
        _: String,
    ) -> SocketResult<Resource<ip_name_lookup::ResolveAddressStream>> {
        Err(ErrorCode::AccessDenied.into())
    }
}

// There never is such a stream, so these are never called.
impl ip_name_lookup::HostResolveAddressStream for Closed<'_> {
    fn resolve_next_address(
        &mut self,
        _: Resource<ip_name_lookup::ResolveAddressStream>,
    ) -> SocketResult<Option<IpAddress>> {
        Err(ErrorCode::AccessDenied.into())
    }

    fn subscribe(&mut self, stream: Resource<ip_name_lookup::ResolveAddressStream>) -> Result<Resource<DynPollable>> {
        wasmtime_wasi::p2::subscribe(self.table, stream)
    }

    fn drop(&mut self, stream: Resource<ip_name_lookup::ResolveAddressStream>) -> Result<()> {
        self.table.delete(stream)?;
        Ok(())
    }
}
