/// The store for several API servers: an etcd cluster, through the gRPC stubs that jetcd generates from etcd's
/// protocol. Start at [io.jubernetes.apiserver.storage.etcd.EtcdStore]. jetcd's own client is left out on
/// purpose: its watch may skip changes when it resumes, and gives up when a member has no leader; here the loop
/// that resumes a watch is our own.
@NullMarked
package io.jubernetes.apiserver.storage.etcd;

import org.jspecify.annotations.NullMarked;
