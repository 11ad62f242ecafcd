/// Deletes objects whose owners are gone, and carries out foreground and orphan deletion. Works on the metadata of
/// every deletable resource. [io.jubernetes.controllermanager.garbagecollector.OwnerGraph] knows who owns whom,
/// [io.jubernetes.controllermanager.garbagecollector.Collector] asks the API server before it acts on that.
@NullMarked
package io.jubernetes.controllermanager.garbagecollector;

import org.jspecify.annotations.NullMarked;
