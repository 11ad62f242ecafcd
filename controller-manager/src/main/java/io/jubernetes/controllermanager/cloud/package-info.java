/// What depends on where a cluster runs: the addresses of nodes, whether their machines still exist, load balancers
/// and routes. [io.jubernetes.controllermanager.cloud.CloudProvider] is what such a place must offer,
/// [io.jubernetes.controllermanager.cloud.LocalProvider] the built-in one for machines on one network; others are
/// found as Java services.
@NullMarked
package io.jubernetes.controllermanager.cloud;

import org.jspecify.annotations.NullMarked;
