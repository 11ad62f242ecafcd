/// Programs that extend the kubelet: drivers of devices and of storage put a socket into `plugins_registry`, and the
/// kubelet asks there who they are. Start at [PluginWatcher]; each kind of driver has a [PluginHandler].
@NullMarked
package io.jubernetes.kubelet.plugin;

import org.jspecify.annotations.NullMarked;
