/// What readers and watchers of the API see: for each resource the present objects as ready-made bytes, the last
/// few thousand changes, and the states between them. Start at [io.jubernetes.apiserver.watchcache.WatchCaches],
/// which feeds every [io.jubernetes.apiserver.watchcache.ResourceCache] from one watch of the store. Only the
/// resource layer calls it.
@NullMarked
package io.jubernetes.apiserver.watchcache;

import org.jspecify.annotations.NullMarked;
