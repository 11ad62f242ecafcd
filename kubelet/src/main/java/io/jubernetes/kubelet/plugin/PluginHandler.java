package io.jubernetes.kubelet.plugin;

import java.io.IOException;

/// Takes plugins of one kind. Calls do not overlap.
public interface PluginHandler {
    /// The kind, as plugins name it: `CSIPlugin` or `DRAPlugin`.
    String type();

    /// A plugin is there; it may have been there before under another socket.
    ///
    /// @throws IOException when it cannot be used, which the plugin is told
    void register(PluginInfo plugin) throws IOException;

    /// A plugin's socket is gone. Another one of the same name may have come before.
    void unregister(PluginInfo plugin);
}
