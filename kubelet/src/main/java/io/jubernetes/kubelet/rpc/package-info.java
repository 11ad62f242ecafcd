/// gRPC for what the kubelet talks to on this machine and what talks to it: probed containers, device plugins,
/// storage drivers, monitoring agents. Messages are built and read field by field ([Message]), so nothing is
/// generated. Start at [RpcChannel] for calls and at [RpcServer] for being called.
@NullMarked
package io.jubernetes.kubelet.rpc;

import org.jspecify.annotations.NullMarked;
