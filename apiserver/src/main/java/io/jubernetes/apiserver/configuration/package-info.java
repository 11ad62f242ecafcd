/// Configuration files that may change while the server runs. [ConfigurationFiles] looks at them and hands what is new
/// to those who use it; authentication, authorization and encryption are its callers.
@NullMarked
package io.jubernetes.apiserver.configuration;

import org.jspecify.annotations.NullMarked;
