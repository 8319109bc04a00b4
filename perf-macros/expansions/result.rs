#[timed("load", level = "info")]
fn load(path: &Path) -> io::Result<String> {
    let text = fs::read_to_string(path)?;
    Ok(text)
}

// becomes

fn load(path: &Path) -> io::Result<String> {
    #![allow(clippy::items_after_statements)]
    let mut __perfkit_scope = ::perfkit::__private::Scope::enter({
        static SITE: ::perfkit::__private::CallSite =
            ::perfkit::__private::CallSite::new(::perfkit::__private::Name::Given("load"))
                .level(::perfkit::__private::LevelFilter::INFO);
        &SITE
    });
    let __perfkit_value: io::Result<String> =
        ::perfkit::__private::call(move || -> io::Result<String> {
            #[allow(clippy::used_underscore_binding)]
            let _ = (&path,);
            let text = fs::read_to_string(path)?;
            Ok(text)
        });
    {
        #[allow(unused_imports)]
        use ::perfkit::__private::{ViaAny as _, ViaResult as _};
        __perfkit_scope.set_outcome((&::perfkit::__private::Probe(&__perfkit_value)).outcome());
    }
    __perfkit_value
}
