package io.jubernetes.scheduler;

import io.jubernetes.common.component.StartupException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Loads plugins from jars of the user's own. They see the scheduler's classes, and each other's.
final class PluginJars {
    private PluginJars() {}

    /// @param jars jars, or folders of classes
    /// @throws StartupException when one of them is not there
    static ClassLoader loader(List<Path> jars) throws StartupException {
        ClassLoader own = PluginJars.class.getClassLoader();
        if (jars.isEmpty()) {
            return own;
        }
        List<URL> urls = new ArrayList<>();
        for (Path jar : jars) {
            if (!Files.isReadable(jar)) {
                throw new StartupException("--plugin-jars: cannot read " + jar);
            }
            try {
                urls.add(jar.toUri().toURL());
            } catch (MalformedURLException e) {
                throw new StartupException("--plugin-jars: " + jar + ": " + e.getMessage(), e);
            }
        }
        // Never closed: plugins load classes as long as the scheduler runs.
        return new URLClassLoader("plugins", urls.toArray(URL[]::new), own);
    }
}
