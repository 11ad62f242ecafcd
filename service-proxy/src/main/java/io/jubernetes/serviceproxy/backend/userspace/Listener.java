package io.jubernetes.serviceproxy.backend.userspace;

import io.jubernetes.serviceproxy.rules.Protocol;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.List;

/// Serves one door at one address. Thread-safe.
interface Listener {
    /// Where a listener listens.
    record Place(InetSocketAddress address, Protocol protocol) {
        @Override
        public String toString() {
            return protocol.lowerCase() + " " + address.getAddress().getHostAddress() + " port " + address.getPort();
        }
    }

    /// Begins to listen; called once, before everything else.
    ///
    /// @return some fail when the place is taken
    List<ChannelFuture> open(Place place);

    /// From now on clients are sent where another door leads. Connections that are established stay; flows of datagrams
    /// to endpoints that are gone end.
    ///
    /// @return done when nobody is sent to the old ones any more
    Future<?> serve(Door next);

    /// Takes no further clients. Established connections stay.
    ///
    /// @return done when the kernel refuses instead
    List<ChannelFuture> close();
}
