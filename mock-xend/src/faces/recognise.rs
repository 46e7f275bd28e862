//! What a request that is kept as bytes asks for.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use xend_wire::Release;
use xend_wire::operation::{Arguments, Face, Operation};

use super::operations::ROUTES;
use super::{sxp, xmlrpc};
use crate::http::Input;

/// Returns the operation that a whole request stands for, with its arguments: the first of several.
pub(crate) fn recognise(face: Face, release: Release, request: &[u8]) -> Option<(Operation, Arguments)> {
    let mut input = Input::new(request);
    let recognised = match face {
        Face::Sxp => sxp::recognise(at_once(sxp::Incoming::read(&mut input))?, &ROUTES.sxp, release),
        Face::XmlRpc | Face::XenApi => {
            let incoming = at_once(xmlrpc::Incoming::read(&mut input, release))??;
            xmlrpc::recognise(incoming, face, release, |method| match face {
                Face::XenApi => ROUTES.xenapi.find(method),
                _ => ROUTES.xmlrpc.find(method, release).map_or(&[], |route| route.operations),
            })
        }
    };
    recognised.into_iter().next()
}

/// Returns the result of a future that waits for nothing.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
